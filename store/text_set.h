#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <unordered_set>

namespace evd::store {

// Hashes and compares text without making a string of it.
struct TextHash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};
using TextSet = std::unordered_set<std::string, TextHash, std::equal_to<>>;

}  // namespace evd::store
