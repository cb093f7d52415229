const LONGEST_MONTHS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/** Whether the calendar has this day. */
export function isDay(year: number, month: number, day: number): boolean {
  if (month === 2 && day === 29) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  return day >= 1 && day <= (LONGEST_MONTHS[month - 1] ?? 0)
}

/** The same of a year of two digits whose century is not known: `00` is taken as a leap year. */
export function isDayOfSomeCentury(shortYear: number, month: number, day: number): boolean {
  return isDay(2000 + shortYear, month, day)
}
