#pragma once

#include "common/base/check.h"
#include "common/base/text.h"
#include "common/wire/metric_labels.h"
#include "tests/support/imported_records.h"

#include <functional>
#include <memory>
#include <string>

namespace evd::test {

using MakeParser = std::function<std::unique_ptr<evctl::ImportParser>(evctl::ImportReport& report,
                                                                      evctl::ImportSink& sink)>;

struct FuzzedImport {
    std::vector<std::string> records;
    std::string report;
    bool operator==(const FuzzedImport&) const = default;
};

inline FuzzedImport importInPieces(std::string_view text, size_t piece, const MakeParser& make) {
    evctl::ImportReport report;
    ImportedRecords sink;
    const auto parser = make(report, sink);
    for (size_t at = 0; at < text.size(); at += piece) {
        EVD_CHECK(parser->feed(text.substr(at, piece)).ok(), "only a sink ends an import");
    }
    EVD_CHECK(parser->finish().ok(), "only a sink ends an import");
    for (const std::string& line : sink.lines) {
        EVD_CHECK(base::isUtf8(line), "what is sent is text");
    }
    return {sink.lines, report.text(unchanged)};
}

// Whatever a file holds, what comes out of it is text, and the same however its bytes come.
inline void fuzzImport(std::string_view text, const MakeParser& make) {
    const FuzzedImport whole = importInPieces(text, text.size() + 1, make);
    for (const size_t piece : {size_t{1}, size_t{7}}) {
        EVD_CHECK(importInPieces(text, piece, make) == whole, "pieces make no difference");
    }
}

}  // namespace evd::test
