// aws4 comes without types: what the tests use of it.
declare module 'aws4' {
  interface Options {
    readonly service: string
    readonly region: string
    readonly method: string
    readonly path: string
    readonly host: string
    readonly body: string
    readonly headers: Readonly<Record<string, string>>
    readonly signQuery?: boolean
  }
  const aws4: { sign(options: Options, credentials: { accessKeyId: string; secretAccessKey: string }): { path: string; headers: Record<string, string> } }
  export default aws4
}
