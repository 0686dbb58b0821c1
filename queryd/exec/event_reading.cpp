#include "queryd/exec/event_reading.h"

#include "common/base/text.h"
#include "queryd/exec/event_page_reader.h"
#include "queryd/stream/live_loop.h"

#include <algorithm>

namespace evd::queryd {

namespace {

using base::ErrorKind;

class EventReading {
  public:
    EventReading(const EventQuestion& question, const EventReadingParts& parts,
                 const RunControl& control, RecordSink& sink)
        : question_(question),
          parts_(parts),
          control_(control),
          sink_(sink),
          reader_(parts.event_folder, parts.connections),
          after_id_(question.after_id) {}

    base::Result<void> readPage() {
        for (int attempt = 1; attempt <= kStoreAttemptsMax; ++attempt) {
            const auto stable = askStore();
            if (!stable) {
                return stable.error();
            }
            EVD_TRY(readUpTo(stable.value()));
            const auto confirmed = askStore();
            if (!confirmed) {
                return confirmed.error();
            }
            if (confirmed.value().connection == stable.value().connection) {
                *question_.end = page_.end;
                EVD_TRY(sendPage());
                return sink_.initialComplete();
            }
        }
        return base::fail(ErrorKind::Busy, "the store is being restarted, try again");
    }

    base::Result<void> follow() {
        while (!control_.isCancelled()) {
            const uint64_t seen = parts_.signal.generation();
            auto sent = sendWhatIsNew();
            if (!sent && sent.error().kind != ErrorKind::Busy) {
                return sent;
            }
            // Busy: the store or a database is away for a moment; there may be no notice of its
            // coming back.
            waitForCommit(parts_.signal, seen, sent ? kLivePollMs : kCancelCheckMs,
                          control_.cancelled);
        }
        return control_.stopError();
    }

  private:
    base::Result<StableId> askStore() {
        int64_t deadline_ns = control_.clock->monotonicNs() + kStableIdPatienceMs * base::kNsPerMs;
        if (control_.deadline_monotonic_ns != 0) {
            deadline_ns = std::min(deadline_ns, control_.deadline_monotonic_ns);
        }
        return parts_.store.stableId(deadline_ns, control_.cancelled);
    }

    // Busy when it could not go on; everything that went out before is settled.
    base::Result<void> sendWhatIsNew() {
        auto stable = askStore();
        while (stable && !(stable.value() == complete_)) {
            EVD_TRY(readUpTo(stable.value()));
            const auto confirmed = askStore();
            if (!confirmed) {
                return confirmed.error();
            }
            if (confirmed.value().connection == stable.value().connection) {
                EVD_TRY(sendPage());
                after_id_ = page_.end.next_id;
                complete_ = page_.end.is_complete ? stable.value() : StableId();
            }
            stable = confirmed;
        }
        return stable ? base::Result<void>() : base::Result<void>(stable.error());
    }

    base::Result<void> readUpTo(const StableId& stable) {
        if (stable.id < after_id_) {
            return base::fail(ErrorKind::Invalid,
                              base::cat("the cursor ", after_id_, " lies beyond the stable id ",
                                        stable.id, ": it belongs to another event store"));
        }
        parts_.sights.refresh();
        const auto sight = parts_.sights.of(access::ObjectKind::Events);
        const EventPageReader::Request request{after_id_, stable.id, question_.events_max,
                                               question_.cpu ? &*question_.cpu : nullptr,
                                               sight.get()};
        return reader_.read(request, control_, page_);
    }

    base::Result<void> sendPage() {
        for (const EventPage::Entry& entry : page_.entries) {
            EVD_TRY(sink_.record(page_.bytesOf(entry)));
        }
        return page_.entries.empty() ? base::Result<void>() : sink_.flush();
    }

    const EventQuestion& question_;
    const EventReadingParts& parts_;
    const RunControl& control_;
    RecordSink& sink_;
    EventPageReader reader_;
    EventPage page_;
    int64_t after_id_;
    StableId complete_;  // everything up to it has gone out
};

}  // namespace

base::Result<void> readEvents(const EventQuestion& question, const EventReadingParts& parts,
                              const RunControl& control, RecordSink& sink) {
    EventReading reading(question, parts, control, sink);
    return question.kind == EventQuestion::Kind::Page ? reading.readPage() : reading.follow();
}

}  // namespace evd::queryd
