#pragma once

#include "common/kmes/emit_client.h"
#include "queryd/evctl/import/import_report.h"
#include "queryd/evctl/session_context.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace evd::evctl {

// So much may be in the rings unseen: a quarter of the smallest usual ring.
inline constexpr size_t kEventWindowBytes = size_t{1} << 20;
inline constexpr int kEventPatienceMs = 10'000;

// Many events on their way into KMES, without overrunning its rings.
//
// KMES answers for each batch, but its answer is that the events are in a ring, and a ring waits
// for nobody: what is not drained in time is a gap. A file can wait: after each window this asks
// how many events of the pattern are there since the window began, and goes on when all are. Who
// may not read them is made to wait instead. What KMES refuses is told to the report. Fails when
// KMES has gone, or denies. One thread; context and report outlive it.
class EventLane {
  public:
    // pattern: of the types that are sent, for the question.
    EventLane(const SessionContext& context, std::string pattern, ImportReport& report)
        : context_(context), pattern_(std::move(pattern)), report_(report) {}

    base::Result<void> open();
    base::Result<void> send(std::string_view type, std::span<const uint8_t> payload, uint64_t line);
    base::Result<void> finish();

    uint64_t emitted() const { return emitted_; }  // answered by KMES
    uint64_t stored() const { return stored_; }    // and seen in the store
    uint64_t refused() const { return refused_; }

  private:
    struct Pending {
        std::string type;
        std::vector<uint8_t> payload;
        uint64_t line = 0;
    };

    base::Result<void> flush();
    base::Result<void> afterFailure(const base::Error& error, size_t at, int& tries);
    void waitUntilSeen();
    base::Result<uint64_t> seenSince(int64_t wall_ns) const;

    const SessionContext& context_;
    std::string pattern_;
    ImportReport& report_;
    std::unique_ptr<kmes::EmitClient> client_;
    std::vector<Pending> pending_;
    size_t pending_bytes_ = 0;
    size_t window_bytes_ = 0;
    uint64_t window_events_ = 0;
    int64_t window_began_ns_ = 0;
    bool is_seeing_ = true;
    uint64_t emitted_ = 0;
    uint64_t stored_ = 0;
    uint64_t refused_ = 0;
};

}  // namespace evd::evctl
