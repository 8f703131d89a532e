import * as vscode from 'vscode';
import type { DeviceChoice } from '../backend/base/device';

/** Every setting below `polymath.` with its default: what package.json says, too, which a test compares. */
export const defaults = {
  'backend.nodePath': '',
  device: 'auto' as DeviceChoice,
  'runs.resumeInterrupted': 'always' as 'always' | 'afterCrash' | 'never',
  'runs.whenWindowCloses': 'stopAndResume' as 'stopAndResume' | 'keepRunning',
  /** Seconds; 0 for never. */
  'runs.notifyWhenLongerThan': 30,
  /** Seconds. */
  'runs.checkpointSeconds': 30,
  /** Empty for the one of Hugging Face's tools. */
  'models.cacheFolder': '',
  'models.offline': false,
  'ask.maxTokens': 200,
  'ask.temperature': 0.8,
  'ask.topP': 0.95,
  'completions.enabled': false,
};
export type Settings = typeof defaults;
export type Setting = keyof Settings;

/** The value in force. */
export function setting<K extends Setting>(key: K): Settings[K] {
  return vscode.workspace.getConfiguration('polymath').get(key, defaults[key]);
}
