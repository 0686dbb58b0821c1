#include "queryd/evctl/output/record_printer.h"

#include "common/base/text.h"

#include <array>
#include <utility>

namespace evd::evctl {

namespace {

constexpr std::array<std::pair<std::string_view, Format>, 6> kFormats = {{
    {"table", Format::Table},
    {"pretty", Format::Pretty},
    {"jsonl", Format::Jsonl},
    {"json", Format::Json},
    {"csv", Format::Csv},
    {"msgpack", Format::Msgpack},
}};

}  // namespace

std::optional<Format> formatOf(std::string_view word) {
    for (const auto& [name, format] : kFormats) {
        if (name == word) {
            return format;
        }
    }
    return std::nullopt;
}

bool isForPeople(std::string_view word) {
    const auto format = formatOf(word);
    return !format || *format == Format::Table || *format == Format::Pretty;
}

base::Result<void> checkRefused(uint64_t refused, std::string_view format) {
    if (refused == 0) {
        return {};
    }
    return base::fail(
        base::ErrorKind::Unsupported,
        base::cat(format, " has no place for ", refused, refused == 1 ? " record" : " records",
                  ": a time or a name is missing, or there are too many fields; jsonl takes "
                  "everything"));
}

std::unique_ptr<RecordPrinter> makePrinter(Format format, const PrintStyle& style,
                                           const base::Clock& clock) {
    switch (format) {
        case Format::Table:
            return makeTablePrinter(style, clock);
        case Format::Pretty:
            return makePrettyPrinter(style, clock);
        case Format::Jsonl:
            return makeJsonlPrinter();
        case Format::Json:
            return makeJsonPrinter();
        case Format::Csv:
            return makeCsvPrinter();
        case Format::Msgpack:
            return makeMsgpackPrinter();
    }
    return nullptr;
}

}  // namespace evd::evctl
