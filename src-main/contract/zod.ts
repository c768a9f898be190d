import * as z from 'zod'

// Must run before the first schema is made: without it zod compiles with `new Function`, which Trusted Types refuse in the page.
z.config({ jitless: true })

export { z }
