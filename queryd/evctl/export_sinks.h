#pragma once

#include "common/base/result.h"
#include "queryd/evctl/output/record_printer.h"
#include "queryd/evctl/output_stream.h"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace evd::evctl {

// Where the records of an export go, page by page.
//
// A page has been taken when pageDone() returns; end() follows the last one. One thread.
class PageSink {
  public:
    virtual ~PageSink() = default;
    virtual base::Result<void> record(std::span<const uint8_t> record) = 0;
    virtual base::Result<void> pageDone() = 0;
    virtual base::Result<void> end() { return {}; }
};

// Prints each page as it is. Printer and stream outlive all of these.
std::unique_ptr<PageSink> makePrintingSink(RecordPrinter& printer, OutputStream& stream);

// For a printer that must see everything first: keeps the records in a nameless file (spool.h) and
// prints in the end.
std::unique_ptr<PageSink> makeSurveyedSink(RecordPrinter& printer, OutputStream& stream,
                                           std::string spool_folder);

// Writes the records as they came, one msgpack map behind the other, for printRaw().
std::unique_ptr<PageSink> makeRawSink(OutputStream& stream);

// Prints what a raw sink has written to the descriptor into a file of that path (export_file.h).
// Memory does not grow with it. Unsupported, and no file, when the printer has refused some of it;
// the error calls it by the name of its format.
base::Result<void> printRaw(int raw, RecordPrinter& printer, std::string_view format,
                            const std::string& path);

// Passes everything on and counts the records.
class CountingPrinter final : public RecordPrinter {
  public:
    explicit CountingPrinter(RecordPrinter& printer) : printer_(printer) {}
    bool needsSurvey() const override { return printer_.needsSurvey(); }
    void survey(std::span<const uint8_t> record) override { printer_.survey(record); }
    void begin(std::string& out) override { printer_.begin(out); }
    void record(std::span<const uint8_t> record, std::string& out) override {
        ++count_;
        printer_.record(record, out);
    }
    void finish(std::string& out) override { printer_.finish(out); }
    uint64_t refused() const override { return printer_.refused(); }
    uint64_t count() const { return count_; }

  private:
    RecordPrinter& printer_;
    uint64_t count_ = 0;
};

}  // namespace evd::evctl
