import type { ModuleFacts, TokenFacts } from '#core/ports/hsm.ts'

/** A library as people see it. */
export function moduleView({ name, module, source, pinFormat, outcome }: ModuleFacts) {
  const view = { name, library: module.library, source, state: outcome.state, pinFormat }
  switch (outcome.state) {
    case 'answers':
      return { ...view, tokens: outcome.tokens.map(tokenView) }
    case 'needs-parameters':
      return { ...view, tokens: [], note: `It starts only with parameters, such as ${outcome.example}` }
    case 'fails':
      return { ...view, tokens: [], note: outcome.failure.text }
  }
}

function tokenView({ label, serial, manufacturer, model, firmware, initialised, hardwareSlot, pin, mechanisms }: TokenFacts) {
  return { label, serial, manufacturer, model, firmware, initialised, hardwareSlot, pin, mechanisms }
}
