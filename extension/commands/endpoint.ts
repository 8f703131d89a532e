import * as vscode from 'vscode';
import type { Polymath } from '../polymath';
import type { CommandTable } from './command';

export const endpointCommands: CommandTable = {
  'polymath.endpoint.start': {
    title: 'Start Endpoint',
    needs: 'backend',
    run: start,
  },
  'polymath.endpoint.stop': {
    title: 'Stop Endpoint',
    needs: 'backend',
    run: stop,
  },
};

/** Opens the endpoint, or tells where it is. */
async function start({ client }: Polymath): Promise<void> {
  const { url, key } = await client.call('endpoint/start', {});
  void offer(url, key);
}

async function offer(url: string, key: string): Promise<void> {
  const copies = { 'Copy URL': url, 'Copy Key': key } as const;
  const titles = Object.keys(copies) as (keyof typeof copies)[];
  const text = `Programs that speak OpenAI's protocol find the experts of this project at ${url}.`;
  for (;;) {
    // Both are needed, so the message comes back until it is closed.
    const choice = await vscode.window.showInformationMessage(text, ...titles);
    if (choice === undefined) return;
    await vscode.env.clipboard.writeText(copies[choice]);
  }
}

async function stop({ client }: Polymath): Promise<void> {
  await client.call('endpoint/stop', {});
  void vscode.window.showInformationMessage('The endpoint is closed.');
}
