#pragma once

#include "queryd/client/query_channel.h"
#include "queryd/evctl/output/record_printer.h"
#include "queryd/evctl/output_stream.h"
#include "queryd/evctl/progress.h"
#include "queryd/evctl/spool.h"

namespace evd::evctl {

enum class InitialOrder { AsAnswered, Reversed };

// Between a query channel and standard output: keeps the spool rule (contracts §7).
//
// Records of the initial result go to the spool, and not a byte of them to the stream before the
// server has said that they are the whole of it: complete() after a good answer, initialComplete()
// for a streaming one. Live records are printed as they come. An answer that ends badly leaves the
// stream untouched. One query, one thread; printer and stream outlive it.
class AnswerOutput final : public queryd::AnswerReader {
  public:
    AnswerOutput(RecordPrinter& printer, OutputStream& stream, std::string spool_folder,
                 InitialOrder order)
        : printer_(printer), stream_(stream), spool_(std::move(spool_folder)), order_(order) {}

    base::Result<void> record(std::span<const uint8_t> msgpack_map) override;
    base::Result<void> initialComplete() override;
    base::Result<void> burstComplete() override;

    // Who is told how the initial result comes in, and, when it is not printed on a terminal where
    // that would disturb, how it is written. Outlives this.
    void tell(Progress& progress, bool prints_to_terminal) {
        progress_ = &progress;
        prints_to_terminal_ = prints_to_terminal;
    }
    // To be called first when the printer has begun already: what comes is printed as a part of the
    // same answer, without another heading.
    void continueAnswer() { is_continued_ = true; }

    // The answer has ended well.
    base::Result<void> complete();

  private:
    base::Result<void> printSpool();

    RecordPrinter& printer_;
    OutputStream& stream_;
    Spool spool_;
    InitialOrder order_;
    Progress* progress_ = nullptr;
    bool prints_to_terminal_ = true;
    bool live_ = false;
    bool is_continued_ = false;
};

}  // namespace evd::evctl
