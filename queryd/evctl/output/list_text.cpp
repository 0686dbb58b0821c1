#include "queryd/evctl/output/list_text.h"

#include "common/base/text.h"
#include "queryd/evctl/output/record_printer.h"

#include <utility>

namespace evd::evctl {

namespace {

std::string arrayOf(std::string_view jsonl) {
    std::string array = "[";
    for (const std::string_view line : base::split(jsonl, '\n')) {
        if (!line.empty()) {  // as what stands behind the last end of a line is
            array += base::cat(array.size() == 1 ? "\n" : ",\n", line);
        }
    }
    return array + (array.size() == 1 ? "]\n" : "\n]\n");
}

}  // namespace

bool isListFormat(std::string_view word) {
    return isForPeople(word) || word == "jsonl" || word == "json";
}

std::string listText(std::string_view format, std::string table, std::string jsonl) {
    return isForPeople(format) ? std::move(table)
           : format == "json"  ? arrayOf(jsonl)
                               : std::move(jsonl);
}

}  // namespace evd::evctl
