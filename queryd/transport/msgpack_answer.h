#pragma once

#include "queryd/transport/frame_sender.h"
#include "queryd/transport/question.h"
#include "queryd/transport/response_frames.h"

namespace evd::queryd {

// The initial result of a streaming question waits for its reader only so long.
inline constexpr int64_t kStreamInitialSendMs = 2'000;

// An answer in the msgpack protocol (Spec §8.8, contracts §5), for one connection, which it owns
// and closes when it is destroyed.
//
// Records fill frames of about kFrameFillBytes; a frame goes out when it is full, when the initial
// result is complete, and at each flush of a live burst. Until the initial result is complete a
// slow reader is waited for (Spec §8.7: the query is executed normally), within a deadline; live
// frames never wait: one that does not fit ends the question (Spec §8.7). An empty result is one
// `ok` message without records. Lives on the question's thread.
class MsgpackAnswer final : public Answer {
  public:
    // `watch`: tell where the initial result of a streaming question ends.
    MsgpackAnswer(base::Fd connection, bool watch, const base::Clock& clock)
        : sender_(std::move(connection), clock), watch_(watch) {}

    void accepted(bool streaming, const std::atomic<bool>& cancelled) override;
    base::Result<void> record(std::span<const uint8_t> msgpack_map) override;
    base::Result<void> initialComplete() override;
    base::Result<void> flush() override;
    void finish(const base::Result<void>& outcome) override;

  private:
    base::Result<void> sendRecords();
    base::Result<void> send(std::span<const uint8_t> frame);

    FrameSender sender_;
    RecordFrame frame_;
    const std::atomic<bool>* cancelled_ = nullptr;
    bool watch_;
    bool streaming_ = false;
    bool live_ = false;  // the initial result of a streaming question is complete
    bool anything_sent_ = false;
    bool too_slow_ = false;  // a live frame found no room
};

}  // namespace evd::queryd
