#pragma once

#include "common/base/result.h"
#include "common/kmes/emit_client.h"
#include "queryd/evctl/session_context.h"

#include <string>
#include <string_view>
#include <vector>

namespace evd::evctl {

inline constexpr size_t kEmitLineBytesMax = size_t{4} << 20;

// `evctl emit TYPE [JSON|-]`: one event, or one per line of standard input.
base::Result<void> runEmit(const SessionContext& context);

// Lines of JSON in, batches of events out.
//
// Takes bytes as they come; each complete line is one event, empty lines none. Events go out when a
// batch is full and at flush(), so that a caller who flushes after each read emits early when lines
// come slowly and in batches when they come fast. The first line that is no JSON, and the first
// event that KMES refuses, end it; the error names the line. One thread; client outlives it.
class LineEmitter {
  public:
    LineEmitter(kmes::EmitClient& client, std::string type)
        : client_(client), type_(std::move(type)) {}

    base::Result<void> add(std::string_view bytes);
    base::Result<void> flush();
    // The last line may lack its line break.
    base::Result<void> finish();

    uint64_t emitted() const { return emitted_; }

  private:
    base::Result<void> addLine(std::string_view line);
    base::Error atLine(uint64_t line, const base::Error& why) const;

    struct Pending {
        uint64_t line;
        std::vector<uint8_t> payload;
    };

    kmes::EmitClient& client_;
    std::string type_;
    std::string partial_;
    std::vector<Pending> pending_;
    uint64_t line_ = 0;
    uint64_t emitted_ = 0;
};

}  // namespace evd::evctl
