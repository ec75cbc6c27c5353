import type { BrokerTopic, TopicWithHistory } from './broker-topic.ts';

export function hasHistory(topic: BrokerTopic): topic is TopicWithHistory {
  return topic.history !== null;
}
