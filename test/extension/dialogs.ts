/** Answers the questions of wizards, in the boxes that the editor really shows. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import * as vscode from 'vscode';
import type { Box } from '../../extension/wizard/boxes';
import type { Polymath } from '../../extension/polymath';
import { eventually } from './support';

export class Respondent {
  private answered: Box | undefined;

  constructor(private readonly parts: Polymath) {}

  /** The next question that is open. */
  async question(): Promise<Box> {
    return eventually(() => {
      const { current } = this.parts.dialogs.boxes;
      assert.ok(current !== undefined && current !== this.answered, 'no question is open');
      return current;
    });
  }

  /** Chooses the line with this label. */
  async choose(label: string | RegExp): Promise<void> {
    const list = await this.list();
    const line = await eventually(() => {
      const found = list.items.find((item) =>
        typeof label === 'string' ? item.label === label : label.test(item.label),
      );
      assert.ok(found, `no line ${String(label)} among ${list.items.map((item) => item.label).join(', ')}`);
      return found;
    });
    list.activeItems = [line];
    await this.accept(list);
  }

  async list(): Promise<Extract<Box, { items: unknown }>> {
    const box = await this.question();
    assert.ok('items' in box, `${box.title} asks for a text`);
    return box;
  }

  /** A line of the list has this description, at once or after a while. */
  async sees(label: string, description: string | RegExp): Promise<void> {
    const list = await this.list();
    await eventually(() => {
      const told = list.items.find((item) => item.label === label)?.description ?? '';
      const fits = typeof description === 'string' ? told === description : description.test(told);
      assert.ok(fits, `${label} has “${told}”`);
    });
  }

  /** Leaves a list of many as it is. */
  async acceptAll(): Promise<void> {
    await this.accept(await this.list());
  }

  async text(): Promise<Exclude<Box, { items: unknown }>> {
    const box = await this.question();
    assert.ok(!('items' in box), `${box.title} asks for a choice`);
    return box;
  }

  async write(text: string): Promise<void> {
    const box = await this.text();
    box.value = text;
    await this.accept(box);
  }

  async cancel(): Promise<void> {
    const box = await this.question();
    this.answered = box;
    await vscode.commands.executeCommand('workbench.action.closeQuickOpen');
  }

  async back(): Promise<void> {
    const box = await this.question();
    assert.ok(box.buttons.includes(vscode.QuickInputButtons.Back), `${box.title} has no way back`);
    this.answered = box;
    await vscode.commands.executeCommand('workbench.action.quickInputBack');
  }

  /** Enter, until the box takes it: what was set on it reaches the window a moment later. */
  private async accept(box: Box): Promise<void> {
    // What was set on a box goes to the window with the next turn of the loop.
    await sleep(1);
    await eventually(async () => {
      await vscode.commands.executeCommand('workbench.action.acceptSelectedQuickOpenItem');
      assert.notEqual(this.parts.dialogs.boxes.current, box, 'the box stays open');
    });
    this.answered = box;
  }
}
