/** Why a feed can't be used, in words that go after its name and hold nothing of its address or content. */
export class FeedError extends Error {
  override name = 'FeedError';
}
