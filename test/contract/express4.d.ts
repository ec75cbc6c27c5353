declare module 'express4' {
  // What is used of Express 4 here has the types of Express 5.
  export { default } from 'express';
}
