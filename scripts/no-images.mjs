// In place of a package that the sentence encoders' library loads for images: see package.mjs.
export default undefined;
