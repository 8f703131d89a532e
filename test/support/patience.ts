/** Milliseconds that a test of the editor waits for what must show: long, as a slow machine is no fault, and a test that passes waits for none of it. */
export const patience = 120_000;

/** Milliseconds that such a test may take in all. */
export const patienceOfTests = 400_000;
