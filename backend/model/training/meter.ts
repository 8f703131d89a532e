/** Tokens that went through models in this process: what a run cost, beside its time and memory. */
export const meter = { trained: 0, scored: 0 };
