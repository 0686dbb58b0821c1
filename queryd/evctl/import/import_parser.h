#pragma once

#include "common/base/result.h"
#include "common/wire/log_record.h"
#include "common/wire/record_datagram.h"
#include "queryd/evctl/import/import_report.h"

#include <cstdint>
#include <span>
#include <string_view>

namespace evd::evctl {

// A foreign line is never longer than that; what is gets reported, and passed over to its end.
inline constexpr size_t kImportLineBytesMax = size_t{1} << 20;

// Takes what a parser has understood. An error returned ends the import. What is given belongs to
// the parser and is valid during the call only.
class ImportSink {
  public:
    virtual ~ImportSink() = default;
    virtual base::Result<void> log(const wire::LogRecord& record) = 0;
    virtual base::Result<void> metric(const wire::MetricRecord& record) = 0;
    // The payload is one msgpack map. `line` is where it stands in the file, for complaints.
    virtual base::Result<void> event(std::string_view type, std::span<const uint8_t> payload,
                                     uint64_t line) = 0;
};

// What parsers are told of the world, so that they are pure.
struct ImportTimes {
    int64_t now_ns = 0;  // the beginning of the import
    bool utc = false;    // times without a zone are UTC, and not those of the person's clock
};

// Makes records out of the bytes of a file of one format.
//
// Takes the bytes as they come, however they are cut, and holds no more than its format's largest
// piece. Nothing in a file is an error of the import: what is not understood goes to the report,
// with its line and why, and the next piece is looked at. Only the sink can end it. One thread;
// report and sink outlive the parser.
class ImportParser {
  public:
    virtual ~ImportParser() = default;
    virtual base::Result<void> feed(std::string_view bytes) = 0;
    // The file has ended.
    virtual base::Result<void> finish() = 0;
};

}  // namespace evd::evctl
