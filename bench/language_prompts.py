"""Questions that SmolLM2 is measured on."""

QUESTIONS = (
    "What is the capital of France?",
    "Why is the sky blue?",
    "Write a short poem about the sea.",
    "What is 12 + 30?",
    "Name three animals that can fly.",
    "Explain photosynthesis in one sentence.",
    "Write a Python function that returns the square of a number.",
    "Who wrote Romeo and Juliet?",
    "How do I boil an egg?",
    "What is the largest planet in the solar system?",
    "Translate 'good morning' into Spanish.",
    "Give me a name for a black cat.",
    "What is gravity?",
    "List the days of the week.",
    "Tell me a fun fact about octopuses.",
    "What does a blockchain do?",
    "How many legs does a spider have?",
    "Write a polite email asking for a day off.",
    "What is the opposite of 'ancient'?",
    "Summarise the story of Cinderella in two sentences.",
)
