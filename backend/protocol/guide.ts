/** Where the editor's language models are asked: it opens an endpoint on this machine for the backend that it started. */
import { z } from 'zod';

export const guideOffer = z.strictObject({
  url: z.url({ protocol: /^http$/, hostname: /^127\.0\.0\.1$/ }),
  key: z.string().min(16).max(200),
});
export type GuideOffer = z.infer<typeof guideOffer>;
