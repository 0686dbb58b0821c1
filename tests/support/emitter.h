#pragma once

#include "common/base/fd.h"

#include <cstdint>
#include <string>
#include <vector>

namespace evd::test {

inline constexpr uint32_t kEmitBatchMax = 256;

// Emits numbered test events over a KMES socket, written from the published packet format alone so
// that it also checks the product's own client.
//
// Every event carries {"n": number, "pad": bytes}. An emit that was answered is acknowledged; one
// whose connection broke before the answer is unknown: it may or may not be in a ring.
class Emitter {
  public:
    Emitter(std::string socket_path, std::string event_type, uint32_t pad_bytes);

    struct Outcome {
        uint32_t acknowledged = 0;
        bool connection_lost = false;  // the rest of the batch is unknown
        int32_t status = 0;            // of the reply
    };

    // Numbers first..first+count-1 in one packet (count 1 to kEmitBatchMax). Connects when needed.
    Outcome emit(uint64_t first, uint32_t count);

  private:
    void buildPacket(uint64_t first, uint32_t count);
    bool ensureConnected();

    std::string socket_path_;
    std::string event_type_;
    uint32_t pad_bytes_;
    base::Fd connection_;
    std::vector<uint8_t> packet_;
    std::vector<uint8_t> payload_;
};

}  // namespace evd::test
