// In place of the package that the sentence encoders' library loads for images: see package.mjs. It has to be there, and is never called.
export default function images() {
  throw new Error('There are no models for images here.');
}
