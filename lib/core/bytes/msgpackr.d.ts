/** The package describes only its main entry; this one has the same classes (see codec.ts for why it is used). */
declare module 'msgpackr/index-no-eval' {
  export { addExtension, Packr, RESET_BUFFER_MODE } from 'msgpackr';
}
