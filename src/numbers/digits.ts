/** The digits of a text that holds nothing else. */
export function digitsOf(text: string): readonly number[] {
  return Array.from(text, Number)
}

/** Sum of digit times weight, from the left. */
export function weightedSum(digits: readonly number[], weights: readonly number[]): number {
  return weights.reduce((sum, weight, i) => sum + weight * (digits[i] ?? 0), 0)
}

/** True when the last digit is the Luhn check digit of those before it. */
export function passesLuhn(text: string): boolean {
  const sum = digitsOf(text)
    .toReversed()
    .reduce((total, digit, i) => {
      const part = i % 2 === 1 ? digit * 2 : digit
      return total + (part > 9 ? part - 9 : part)
    }, 0)
  return sum % 10 === 0
}
