#pragma once

#include <string>
#include <string_view>

namespace evd::evctl {

// Whether a command that shows what it knows itself, and no records of a store, can show it so: as
// a table for people, as jsonl or as json.
bool isListFormat(std::string_view word);

// Such a list in that format, which is one of them; both of its texts are given, the second with a
// line for each entry. JSON is one array of these.
std::string listText(std::string_view format, std::string table, std::string jsonl);

}  // namespace evd::evctl
