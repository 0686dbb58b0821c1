#pragma once

#include "queryd/evctl/event_lane.h"
#include "queryd/evctl/import/import_parser.h"
#include "queryd/evctl/record_lane.h"

#include <memory>
#include <string>

namespace evd::evctl {

// A longer message is sent as several records of one time: a record must fit a datagram.
inline constexpr size_t kImportMessageBytesMax = 64 * 1024;
// Of the events that an import makes.
inline constexpr std::string_view kImportedEvents = "audit.*";

// Sends what a parser has understood, each kind through its lane, which is opened with the first
// record of the kind. One thread; context and report outlive it.
class ImportDelivery final : public ImportSink {
  public:
    ImportDelivery(const SessionContext& context, ImportReport& report)
        : context_(context), report_(report) {}

    base::Result<void> log(const wire::LogRecord& record) override;
    base::Result<void> metric(const wire::MetricRecord& record) override;
    base::Result<void> event(std::string_view type, std::span<const uint8_t> payload,
                             uint64_t line) override;

    // Waits until all of it is stored, as far as that can be seen.
    base::Result<void> finish();
    // One line for a person for each kind.
    const std::string& outcome() const { return outcome_; }
    bool lostAny() const { return lost_any_; }

  private:
    base::Result<void> finishLane(RecordLane& lane, std::string_view kind);

    const SessionContext& context_;
    ImportReport& report_;
    std::unique_ptr<RecordLane> logs_;
    std::unique_ptr<RecordLane> metrics_;
    std::unique_ptr<EventLane> events_;
    std::string outcome_;
    bool lost_any_ = false;
};

}  // namespace evd::evctl
