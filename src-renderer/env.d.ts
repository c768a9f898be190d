// What lint sees when a .ts file imports a component; vue-tsc still reads the real types.
declare module '*.vue' {
  import type { DefineComponent } from 'vue'
  const component: DefineComponent
  export default component
}
