#include "collector/ingest/ingest_measures.h"

#include "common/base/text.h"

namespace evd::collector {

using base::cat;

void appendDoorMeasures(const std::string& door, const DoorFigures& figures,
                        std::vector<wire::Measure>& out) {
    const auto add = [&](std::string name, uint64_t value) {
        out.push_back({std::move(name), static_cast<int64_t>(value)});
    };
    add(cat("door.", door, ".records"), figures.records);
    for (size_t i = 0; i < figures.senders.count(); ++i) {
        const auto& sender = figures.senders.entry(i);
        add(cat("sender.", sender.uid, ".", door), sender.records);
    }
    if (figures.senders.others() > 0) {
        add(cat("sender.others.", door), figures.senders.others());
    }
    for (size_t i = 0; i < kRejectReasons; ++i) {
        const auto reason = static_cast<Reject>(i);
        if (figures.rejects.of(reason) > 0) {
            add(cat(wire::kReportOnlyPrefix, door, ".", rejectName(reason)),
                figures.rejects.of(reason));
        }
    }
}

}  // namespace evd::collector
