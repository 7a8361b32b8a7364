// The passes between LLVM's optimiser and its BPF back end. What that back end refuses (wide arithmetic, floating point,
// returned structs, a sixth argument) is rewritten here into what it takes.
#pragma once

#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/Module.h"

namespace sbf {

/// The VM's heap takes nothing back: dropping what only owns memory does nothing, and there is one copy of the allocator.
void forgetOwners(llvm::Module &M);

/// f64 arithmetic, comparisons and conversions become calls of compiler_builtins (__adddf3, ...).
void lowerFloats(llvm::Module &M);

/// Integer operations that the VM has no instruction for: 128-bit arithmetic, checked arithmetic, signed division.
void lowerIntegers(llvm::Module &M);

/// memcpy, memmove and memset of more than a few words, or of unknown size, become system calls.
void lowerMemory(llvm::Module &M);

/// Functions and calls whose signature the back end refuses: returned aggregates and 128-bit values go through a pointer,
/// arguments past the fifth register are packed into one struct.
void lowerSignatures(llvm::Module &M);

/// A builder at the start of the function that holds `I`, where stack slots belong.
inline llvm::IRBuilder<> atEntry(llvm::Instruction *I) {
  llvm::BasicBlock &Entry = I->getFunction()->getEntryBlock();
  return llvm::IRBuilder<>(&Entry, Entry.begin());
}

/// Replace `I` by `With` and delete it.
inline void replace(llvm::Instruction *I, llvm::Value *With) {
  I->replaceAllUsesWith(With);
  I->eraseFromParent();
}

} // namespace sbf
