#include "collector/ring/event_batch.h"

namespace evd::collector {

EventBatch gapInsteadOf(const EventBatch& batch) {
    EventBatch lost;
    lost.cpu = batch.cpu;
    lost.first_sequence = batch.first_sequence;
    lost.last_sequence = batch.last_sequence;
    lost.before_timestamp_ns = batch.before_timestamp_ns;
    lost.newest_timestamp_ns = batch.newest_timestamp_ns;
    lost.gaps.push_back({batch.first_sequence, batch.last_sequence, batch.before_timestamp_ns,
                         batch.newest_timestamp_ns});
    return lost;
}

}  // namespace evd::collector
