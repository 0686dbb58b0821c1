#pragma once

#include "queryd/access/access_checker.h"
#include "queryd/access/authority.h"
#include "queryd/access/kacs_calls.h"

#include <memory>

namespace evd::queryd {

// Callers by the tokens of a Peios kernel (Spec §9.2): the descriptor of a caller's token is opened
// when the connection is made, and lives as long as anybody holds the Caller. A connection whose
// token cannot be had, or does not say who it is, is refused. The calls outlive the authority.
std::unique_ptr<Authority> makeKernelAuthority(const KacsCalls& calls);

// Verdicts by a Peios kernel, by kacs_access_check_list (Spec §9.2, Ruling A1).
//
// The kernel knows the token, runs the whole check, and emits what is to be audited itself, with
// the pattern as context. Nothing is believed that was not said in full: an error, and a node whose
// result contradicts itself, is a denial. Of the errors those that come of a shortage are asked
// about once more, because an audit event that cannot be produced fails the check too (peios-abi
// D-34), and what they deny is not for keeping. Any thread; the calls outlive it.
class KernelChecker final : public AccessChecker {
  public:
    explicit KernelChecker(const KacsCalls& calls) : calls_(calls) {}

    access::FieldVerdict check(const Caller& caller, const RecordQuestion& question) const override;

  private:
    const KacsCalls& calls_;
};

}  // namespace evd::queryd
