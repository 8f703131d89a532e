/** Reads out of what ONNX Runtime and drivers say why a device is not there. */
import { type Device, deviceLabels } from '../../base/device';
import type { Environment } from '../../base/environment';

export interface Cause {
  readonly cause: string;
  /** What mends it; empty where nothing does. */
  readonly next: string;
}

interface Known extends Cause {
  readonly said: RegExp;
}

const libraries =
  'Install the CUDA that has it (the number at its end is its version) and cuDNN 9; LD_LIBRARY_PATH names their folders.';
const newer = 'Install a newer driver of NVIDIA.';

/** The first that fits. What is told of CUDA is cudart's error in words or by its number. */
const causes: { readonly [D in Device]: readonly Known[] } = {
  cpu: [
    {
      said: /Cannot find module|cannot open shared object|ERR_DLOPEN_FAILED/,
      cause: 'ONNX Runtime cannot be loaded',
      next: 'Install Polymath again on this machine: it brings native files for each platform.',
    },
  ],
  webgpu: [
    {
      said: /Couldn't load Vulkan/,
      cause: 'the Vulkan loader (libvulkan.so.1) is missing',
      next: "Install it (Debian: libvulkan1) and your GPU's Vulkan driver (mesa-vulkan-drivers, or NVIDIA's own).",
    },
    {
      said: /No supported adapters|Failed to get a WebGPU adapter/,
      cause: 'no driver offers a GPU',
      next: "Install your GPU's driver (Linux: with Vulkan; a container needs the GPU passed in).",
    },
  ],
  cuda: [
    {
      said: /stub library|CUDA failure 34\b/,
      cause: 'libcuda.so.1 is the stub of the toolkit, not the driver',
      next: 'Take the folder "stubs" out of LD_LIBRARY_PATH, and install the driver.',
    },
    {
      said: /libcuda\.so\.1: cannot open/,
      cause: "the driver's library (libcuda.so.1) is missing",
      next: "Install NVIDIA's driver; a container needs --gpus all.",
    },
    {
      said: /insufficient for CUDA runtime|CUDA failure 35\b/,
      cause: 'the driver is missing or older than this CUDA needs',
      next: newer,
    },
    {
      said: /no CUDA-capable device|CUDA failure 100\b/,
      cause: 'the driver finds no GPU that computes with CUDA',
      next: 'Check `nvidia-smi`, and CUDA_VISIBLE_DEVICES.',
    },
    {
      said: /out of memory|CUDA failure 2\b/,
      cause: "the GPU's memory is full",
      next: 'Close what else uses it (`nvidia-smi` tells).',
    },
    {
      said: /libonnxruntime_providers_\w+\.so: cannot open/,
      cause: 'its provider files are not whole',
      next: 'Run `polymath devices remove cuda`, then `polymath devices fetch cuda`.',
    },
    { said: /lib(?:cu|nv)[\w.]+: cannot open/, cause: 'a library of CUDA is missing', next: libraries },
  ],
  dml: [],
  coreml: [],
};

/** Why the probe of a device failed. `ending`: how its process ended. */
export function explainProbe(device: Device, said: string, ending: string): Cause {
  const found = causes[device].find((known) => known.said.test(said));
  if (found !== undefined) {
    const library = /(lib(?:cu|nv)[\w.]+): cannot open/.exec(said)?.[1];
    const named = library !== undefined && found.next === libraries ? ` (${library})` : '';
    return { cause: found.cause + named, next: found.next };
  }
  if (!/^exit code/.test(ending)) {
    return {
      cause: `its driver ended or stopped the process that tried it (${ending})`,
      next: `Update the driver; until then choose another device than ${device}.`,
    };
  }
  const last =
    said
      .trim()
      .split('\n')
      .at(-1)
      ?.replaceAll(/\/\S+\//g, '') ?? '';
  return {
    cause: last === '' ? `${deviceLabels[device]} did not answer` : last.slice(0, 300),
    next: 'Update the driver.',
  };
}

/**
 * Whether what answers as a GPU computes on the processor: ONNX Runtime found no GPU among the machine's hardware (vendor 0x1414
 * is Windows' own rasterizer), or the environment names a driver that is known to.
 */
export function isSoftware(said: string, environment: Environment): boolean {
  const gpus = [...said.matchAll(/Discovered OrtHardwareDevice \{vendor_id:(0x[0-9a-f]+)[^\n]*\btype:1\b/gi)];
  if (gpus.every(([, vendor]) => vendor.toLowerCase() === '0x1414')) return true;
  const { VK_ICD_FILENAMES = '', VK_DRIVER_FILES = '' } = environment;
  return /swiftshader|lvp_|llvmpipe|lavapipe/i.test(VK_ICD_FILENAMES + VK_DRIVER_FILES);
}
