#pragma once

#include "common/base/clock.h"
#include "common/base/result.h"
#include "queryd/evctl/output/time_text.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace evd::evctl {

enum class Format { Table, Pretty, Jsonl, Json, Csv, Msgpack };

std::optional<Format> formatOf(std::string_view word);

// Whether people read what that word asks for; no word is the usual format, which is for them.
bool isForPeople(std::string_view word);

// How records are shown to a person; formats for machines look at none of it (contracts §7).
struct PrintStyle {
    TimeStyle time = TimeStyle::Local;
    bool color = false;
    size_t width_max = 0;  // columns of the terminal; 0 when there is none
    bool wrap = false;     // tables go on in the next line instead of cutting
    bool bars = false;     // a bar behind each count
    bool unicode = true;   // the terminal shows more than ASCII
    bool brief = false;    // lines of whole events without where they come from: ring, GUIDs
};

// Turns records into the bytes of one output format.
//
// The initial result is complete before anything is printed (contracts §7), so a printer may ask to
// see all of it first: then survey() is called for every record, before begin(). After finish() of
// the initial result of a streaming query live records may follow. Memory does not grow with the
// number of records. One thread.
class RecordPrinter {
  public:
    virtual ~RecordPrinter() = default;
    virtual bool needsSurvey() const { return false; }
    virtual void survey(std::span<const uint8_t>) {}
    virtual void begin(std::string&) {}
    virtual void record(std::span<const uint8_t> record, std::string& out) = 0;
    // May come after each part of a long result, too.
    virtual void finish(std::string&) {}
    // How many records the format has no place for; nothing was printed of them.
    virtual uint64_t refused() const { return 0; }
};

// Unsupported when a printer has refused records, with the name of its format.
base::Result<void> checkRefused(uint64_t refused, std::string_view format);

// The clock outlives the printer.
std::unique_ptr<RecordPrinter> makePrinter(Format format, const PrintStyle& style,
                                           const base::Clock& clock);

// One per format: people's in files of their own, csv too, the rest in machine_printers.cpp.
std::unique_ptr<RecordPrinter> makeTablePrinter(const PrintStyle& style, const base::Clock& clock);
std::unique_ptr<RecordPrinter> makePrettyPrinter(const PrintStyle& style, const base::Clock& clock);
std::unique_ptr<RecordPrinter> makeJsonlPrinter();
std::unique_ptr<RecordPrinter> makeJsonPrinter();
std::unique_ptr<RecordPrinter> makeCsvPrinter();
std::unique_ptr<RecordPrinter> makeMsgpackPrinter();

}  // namespace evd::evctl
