#pragma once

#include "common/access/text_scanner.h"
#include "common/base/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace evd::access {

// The vocabulary of SDDL: letters for types, flags and rights of ACEs. Pure; taken in any case.

std::optional<uint8_t> aceTypeOfWord(std::string_view word);
std::string_view wordOfAceType(uint8_t type);  // "" when it has none

// Flags and rights are written without anything between them; empty text is zero. Invalid names the
// word that is unknown.
base::Result<uint8_t> aceFlagsOfWords(std::string_view words);
base::Result<uint32_t> rightsOfWords(std::string_view words, bool of_label);

// The flags as words, or nothing when a bit has no word.
std::optional<std::string> wordsOfAceFlags(uint8_t flags);
// Words when generic and standard rights are all there is, a number in hex otherwise.
std::string wordsOfRights(uint32_t rights, bool of_label);

// The type letters of a claim's values.
std::optional<uint16_t> claimTypeOfWord(std::string_view word);
std::string_view wordOfClaimType(uint16_t type);

// A number of C's notation: 12, 0x0c, 014. Invalid when it is none or does not fit 64 bits.
base::Result<uint64_t> numberOfWord(std::string_view word);
std::string hexOf(uint32_t number);

}  // namespace evd::access
