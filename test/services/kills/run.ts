// `npm run test:kill [minutes] [seed]`: the kill loop for as long as one likes. A run that fails names its seed.

import { killedLives } from './lives.ts'

const [, , minutes = '5', seed = String(Date.now() % 1_000_000)] = process.argv
const end = performance.now() + Number(minutes) * 60_000
console.log(`kill loop: minutes=${minutes} seed=${seed}`)
console.log(JSON.stringify(await killedLives(Number(seed), () => performance.now() > end, (text) => { console.log(text) })))
