// How the desktop app's page, its preload and the main process find each other. What is then said goes over the port: the contract.

/** The origin of the console's page in the desktop app; main serves it and believes no other sender. */
export const consoleOrigin = 'app://holdfast'

/** Asks for a port: from the page to its preload as a message of the window, from there to main. */
export const askForPort = 'holdfast:ask-for-port'

/** Brings the port, the same way back. */
export const portMessage = 'holdfast:port'
