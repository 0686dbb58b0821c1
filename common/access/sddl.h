#pragma once

#include "common/access/security_descriptor.h"
#include "common/base/result.h"

#include <string>
#include <string_view>

namespace evd::access {

// Security descriptors as people write them: SDDL.
//
//    O:SY G:BA D:P(A;;GR;;;AU)(OA;;0x1;341d2267-b9db-536b-b36c-94ab6cd47e4c;;BU) S:(ML;;NW;;;ME)
//
//    O: owner, G: group, D: DACL, S: SACL, each at most once. No D: is a NULL DACL, which grants
//    everything; D:NO_ACCESS_CONTROL says the same. Flags of an ACL: P, AR, AI.
//    An ACE is (type;flags;rights;object GUID;inherited GUID;SID) and, for conditional ACEs and
//    resource attributes, one field more: (condition), or ("name",TI,flags,value,...) with TI, TU,
//    TS, TD, TB or TX for integers, unsigned integers, strings, SIDs, booleans and octets.
//    Types: A D AU AL, OA OD OU OL, XA XD XU XL, ZA ZD ZU ZL, ML RA SP TL.
//    Rights: GA GR GW GX, SD RC WD WO, FA FR FW FX, KA KR KW KX, CC DC LC SW RP WP DT LO CR, a
//    number (0x for hex); in ML only NR NW NX, which mean what Peios means by them (peios-abi
//    D-14).
//
// Words are taken in any case. PSD-004 defines no text form; this is the one of MS-DTYP, where
// Peios has something to say in it, with XL, ZL, AL, OL (alarms) and TL (trust labels) added.
//
// Pure; safe on any thread. parseSddl() says what is wrong at which character (Invalid), text of
// more than kSddlTextBytesMax and a descriptor too large for its binary form included. printSddl()
// refuses ACEs of unknown types and conditions that have no text. What it prints is read back as
// the same descriptor, but for what text cannot say and access does not depend on: the DEFAULTED
// and other informative control bits, reserved fields, revisions, the exact bytes of claims and
// literals.
inline constexpr size_t kSddlTextBytesMax = size_t{512} * 1024;

base::Result<SecurityDescriptor> parseSddl(std::string_view text);
base::Result<std::string> printSddl(const SecurityDescriptor& descriptor);

// One ACE with its parentheses.
base::Result<std::string> printSddlAce(const Ace& ace);

}  // namespace evd::access
