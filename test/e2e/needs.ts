/** Why the stories cannot be told on this machine; undefined if they can. */
export const missing = !process.env['HOLDFAST_CHROMIUM'] ? 'there is no Chromium' : !process.env['HOLDFAST_SOFTHSM'] ? 'there is no SoftHSM' : undefined
