// Registers `sbf-forget` (before all), `sbf-wide` (before the last clean-up) and `sbf-legalize` (after it) with LLVM's pass builder.
#include "passes.h"

#include "llvm/IR/PassManager.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Plugins/PassPlugin.h"

using namespace llvm;

namespace {

struct Forget : PassInfoMixin<Forget> {
  PreservedAnalyses run(Module &M, ModuleAnalysisManager &) {
    sbf::forgetOwners(M);
    return PreservedAnalyses::none();
  }
};

struct Wide : PassInfoMixin<Wide> {
  PreservedAnalyses run(Module &M, ModuleAnalysisManager &) {
    sbf::lowerFloats(M);
    sbf::lowerIntegers(M);
    sbf::lowerMemory(M);
    return PreservedAnalyses::none();
  }
};

struct Legalize : PassInfoMixin<Legalize> {
  PreservedAnalyses run(Module &M, ModuleAnalysisManager &) {
    sbf::lowerSignatures(M);
    return PreservedAnalyses::none();
  }
};

bool addPass(StringRef Name, ModulePassManager &Passes, ArrayRef<PassBuilder::PipelineElement>) {
  if (Name == "sbf-forget")
    Passes.addPass(Forget());
  else if (Name == "sbf-wide")
    Passes.addPass(Wide());
  else if (Name == "sbf-legalize")
    Passes.addPass(Legalize());
  else
    return false;
  return true;
}

} // namespace

extern "C" LLVM_ATTRIBUTE_WEAK PassPluginLibraryInfo llvmGetPassPluginInfo() {
  return {LLVM_PLUGIN_API_VERSION, "sbf", "1",
          [](PassBuilder &Builder) { Builder.registerPipelineParsingCallback(addPass); }};
}
