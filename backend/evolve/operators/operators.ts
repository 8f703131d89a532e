/** What makes new texts of old ones. The texts are a role, or the instruction for all. */

/** What an operator may know of the component that it works on. */
export interface Subject {
  /** Position among the components. */
  readonly component: number;
  /** Words of the pile that its member learned from, the most telling first; of all piles for the instruction. */
  readonly terms: readonly string[];
}

export interface Operators {
  /** Who makes them, for records. */
  readonly name: string;
  /** Two texts made one, and that changed a little (EvoPrompt's genetic operator). */
  cross(a: string, b: string, subject: Subject): Promise<string>;
  /** Where `a` and `b` differ, their parts changed, put into the best text, that crossed with the base (EvoPrompt's differential evolution). */
  differ(
    texts: { readonly a: string; readonly b: string; readonly best: string; readonly base: string },
    subject: Subject,
  ): Promise<string>;
  /** The same in other words; `variant` counts from 0, and another number is another wording. */
  rephrase(text: string, variant: number, subject: Subject): Promise<string>;
  /** The text gone on with, after its first part (GPS, Xu et al. 2022, 2210.17041). */
  continue(text: string, variant: number, subject: Subject): Promise<string>;
  /** One part left out and filled in anew (GPS). */
  refill(text: string, variant: number, subject: Subject): Promise<string>;
}
