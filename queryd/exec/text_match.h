#pragma once

#include <cstddef>
#include <string_view>

namespace evd::queryd {

// Text against text with ASCII letters folded, nothing else (Ruling Q3). Pure, any thread; time is
// linear for the order and the ends, and at worst the product of the lengths for contains and glob.

// Byte order of the folded texts: negative, zero or positive.
int compareFolded(std::string_view left, std::string_view right);
bool startsWithFolded(std::string_view text, std::string_view prefix);
bool endsWithFolded(std::string_view text, std::string_view suffix);
bool containsFolded(std::string_view text, std::string_view part);
// Where the part begins first; npos: nowhere.
size_t findFolded(std::string_view text, std::string_view part);
// `*` stands for any number of any characters, everything else for itself (Spec §8.2).
bool matchesGlob(std::string_view text, std::string_view pattern);

}  // namespace evd::queryd
