#include "collector/linux/emit_backlog.h"

#include <algorithm>
#include <vector>

namespace evd::collector {

void EmitBacklog::push(SensorEvent event) {
    if (events_.size() >= events_max_) {
        events_.pop_front();
        ++dropped_;
    }
    events_.push_back(std::move(event));
}

EmitBacklog::Outcome EmitBacklog::flush(kmes::EmitClient& client) {
    std::vector<kmes::EmitEntry> batch;
    while (!events_.empty()) {
        batch.clear();
        const size_t count = std::min(events_.size(), kmes::kEmitBatchEntriesMax);
        for (size_t i = 0; i < count; ++i) {
            batch.push_back({events_[i].type, events_[i].payload});
        }
        const kmes::BatchOutcome outcome = client.emitBatch(batch);
        emitted_ += outcome.emitted;
        forget(outcome.emitted);
        if (!outcome.error.has_value()) {
            continue;
        }
        switch (outcome.error->kind) {
            case base::ErrorKind::Invalid:
            case base::ErrorKind::Denied:
                if (!events_.empty()) {  // A KMES that is not ours may refuse what it has taken.
                    ++refused_;
                    forget(1);
                }
                break;
            case base::ErrorKind::Busy:
                return Outcome::Later;
            case base::ErrorKind::NotFound:
            case base::ErrorKind::Gone:
            case base::ErrorKind::Io:
            case base::ErrorKind::Corrupt:
            case base::ErrorKind::Unsupported:
                return Outcome::Away;
        }
    }
    return Outcome::Empty;
}

void EmitBacklog::forget(size_t count) {
    events_.erase(events_.begin(), events_.begin() + static_cast<ptrdiff_t>(count));
}

}  // namespace evd::collector
