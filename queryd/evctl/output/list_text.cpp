#include "queryd/evctl/output/list_text.h"

#include "queryd/evctl/output/record_printer.h"

#include <algorithm>
#include <utility>

namespace evd::evctl {

namespace {

std::string arrayOf(std::string_view jsonl) {
    std::string array = "[";
    while (!jsonl.empty()) {
        const size_t end = jsonl.find('\n');
        array += array.size() == 1 ? "\n" : ",\n";
        array += jsonl.substr(0, end);
        jsonl.remove_prefix(std::min(end, jsonl.size() - 1) + 1);
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
