declare module 'express4' {
  // The parts of Express 4 used here have the types of Express 5.
  export { default } from 'express';
}
