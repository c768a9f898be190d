/** In a build for tests the packed app may be looked into: by Playwright. */
export function forbiddenSwitch(): undefined {
  return undefined
}
