import { type Device, devices } from '../../backend/base/device';

/** The device that tests of graphs and models compute on: `webgpu.test.ts` runs them once more with another one. */
export const testDevice: Device = devices.find((device) => device === process.env.POLYMATH_TEST_DEVICE) ?? 'cpu';
