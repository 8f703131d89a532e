/** What several floors take where nothing is said. All other defaults stand in the tables of settings. */

/** Rank of LoRA adapters. */
export const usualRank = 8;
/** Peak learning rate of experts. */
export const usualLearningRate = 5e-3;
/** A sentence encoder of the hub. */
export const usualEncoder = 'Xenova/all-MiniLM-L6-v2';
