import { longestText } from './values';

/** What was written so far. */
export class Page {
  private readonly parts: string[] = [];
  private length = 0;

  write(text: string): void {
    this.length += text.length;
    if (this.length > longestText) throw new Error(`it writes more than ${longestText} characters`);
    this.parts.push(text);
  }

  get text(): string {
    return this.parts.join('');
  }
}
