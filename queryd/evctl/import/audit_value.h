#pragma once

#include "common/wire/msgpack.h"
#include "queryd/evctl/import/audit_line.h"

#include <string_view>

namespace evd::evctl {

// Writes the value of a field of an audit record of that type as what it is:
//
//      pid=17                       an integer, as are all fields the kernel prints in decimal
//      a0=7ffd5                     of SYSCALL and SECCOMP: an integer, from hex
//      mode=0100644                 an integer, from octal
//      success=yes                  a truth
//      comm="cat"   comm=636174     text; the kernel encodes what has blanks or is no ASCII
//      proctitle=636174002D6E       text, its arguments with blanks between
//      key=...\x01...               an array of text
//      saddr=020000...              bytes
//      anything else                text
//
// What was encoded and is no UTF-8 is bytes. False, and nothing is written, for a field that says
// nothing: (null), (none), ?, empty. Pure.
bool writeAuditValue(std::string_view type, const AuditField& field, wire::MsgpackWriter& out);

// Text where it is UTF-8, else bytes.
void writeTextOrBytes(std::string_view bytes, wire::MsgpackWriter& out);

// The bytes of an argument of EXECVE, which comes in hex unless it is quoted.
std::string auditArgument(const AuditField& field);

}  // namespace evd::evctl
